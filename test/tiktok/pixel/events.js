// Plays TikTok's events.js, the small file that carries one pixel's config and fetches the main script.
// "facts" are those of TikTok's own pixel, as it was measured (facts/tiktok.md).
;(() => {
  // biome-ignore lint/suspicious/noRedundantUseStrict: served as a classic script, where it is not redundant
  'use strict'
  // An <img name="currentScript"> must not say where this stand-in loads its other files from.
  const { get } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(HTMLDocument.prototype), 'currentScript')
  const url = new URL(get.call(document).src)
  const ttq = window[url.searchParams.get('lib') || window.TiktokAnalyticsObject]

  // The host writes in here what it says about a pixel: { pixelCode, status }.
  const config = Object.assign({ pixelCode: url.searchParams.get('sdkid'), status: 0 }, /* config */ {})
  const id = config.pixelCode

  // facts §1 "Is it there?": with another id's config, ours has no info when the script's load event fires.
  if (!ttq?._i?.[id]) return
  ttq._i[id].info = { pixelCode: id, name: `Pixel ${id}`, status: config.status, setupMode: 0, partner: '' }

  // One entry for each load, also of the same id: that one then sends twice (facts §1 "How to call").
  ttq._loaded = ttq._loaded || []
  ttq._loaded.push(id)
  if (ttq._loaded.base !== undefined) return

  // The part before /i18n/ is TikTok's base URL, so that a demo can serve it under its own path.
  ttq._loaded.base = url.origin + url.pathname.replace(/\/i18n\/pixel\/events\.js$/, '')
  const main = document.createElement('script')
  main.async = true
  main.src = `${ttq._loaded.base}/i18n/pixel/static/main.js`
  main.setAttribute('data-id', id) // facts §1: its error event is the one sign of a blocked main script
  document.head.appendChild(main)
})()
