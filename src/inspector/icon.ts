import { type IconName, iconPaths } from '../ui/icon-paths.ts'

const svg = 'http://www.w3.org/2000/svg'

/** A decorative picture: its meaning is in the text beside it or in the button's label. */
export function icon(document: Document, name: IconName): SVGElement {
  const picture = document.createElementNS(svg, 'svg')
  const path = document.createElementNS(svg, 'path')
  path.setAttribute('d', iconPaths[name])
  picture.append(path)
  picture.setAttribute('viewBox', '0 0 16 16')
  picture.setAttribute('aria-hidden', 'true')
  return picture
}
