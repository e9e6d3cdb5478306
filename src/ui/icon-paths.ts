/** The icons, as paths in a view box of 16 by 16, drawn with strokes. */
export const iconPaths = {
  mark: 'M2 3h3c4 0 4 5 9 5M2 13h3c4 0 4-5 9-5M11 5l3 3-3 3',
  fold: 'M4 6l4 4 4-4',
  close: 'M4 4l8 8M12 4l-8 8',
  side: 'M2 3h12v10H2zM8 3v10',
  save: 'M8 2v8M5 7l3 3 3-3M3 13h10',
  clear: 'M3 4h10M6 4V2h4v2M4 4l1 10h6l1-10',
  copy: 'M6 6h7v7H6zM10 6V3H3v7h3',
  open: 'M6 4l4 4-4 4',
  alert: 'M8 2l7 12H1zM8 6v4M8 12v0',
  done: 'M3 8l4 4 6-8',
  missing: 'M4 8h8',
} as const

export type IconName = keyof typeof iconPaths
