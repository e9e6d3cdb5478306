// The operator's page. The build puts it into one document, which the forwarder serves as `GET admin`.
import './valid-language.ts' // before uPlot
import { html, render } from 'htm/preact'
import { createApi } from './api.ts'
import { App } from './app.ts'

const root = document.querySelector<HTMLElement>('#app')
if (root) {
  root.textContent = ''
  render(html`<${App} api=${createApi(new URL('admin/api/', baseUrl()))} />`, root)
}

/** The forwarder's mount: the page's own URL up to its last `admin`. */
function baseUrl(): string {
  const { origin, pathname } = window.location
  return origin + pathname.slice(0, pathname.lastIndexOf('/admin') + 1)
}
