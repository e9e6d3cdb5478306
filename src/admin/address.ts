// The view and its filters are in the URL's hash, as `#events?status=failure`, so that a reload keeps them.

export const views = {
  today: 'Today',
  events: 'Events',
  'dead-letters': 'Dead letters',
  setup: 'Setup',
} as const

export type View = keyof typeof views

export const filterNames = ['q', 'status', 'event', 'source', 'day'] as const

/** The filters of the events. An empty one lets every event through. */
export type Filters = Record<(typeof filterNames)[number], string>

export const noFilters: Filters = { q: '', status: '', event: '', source: '', day: '' }

export interface Address {
  view: View
  filters: Filters
}

const isView = (name: string): name is View => Object.hasOwn(views, name)

/** Reads a hash. An unknown view is Today, and unknown filters are ignored. */
export function readAddress(hash: string): Address {
  const [name = '', query = ''] = hash.replace(/^#/, '').split(/\?(.*)/s)
  const given = new URLSearchParams(query)
  const filters = { ...noFilters }
  for (const filter of filterNames) filters[filter] = given.get(filter) ?? ''
  return { view: isView(name) ? name : 'today', filters }
}

export function hashOf(view: View, filters: Partial<Filters> = {}): string {
  const query = new URLSearchParams(Object.entries(filters).filter(([, value]) => value))
  return `#${view}${query.size ? `?${query}` : ''}`
}
