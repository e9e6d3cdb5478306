// TikTok's classic base code, rewritten: the snippet of a shop that already has a pixel.

const methods = [
  ...['page', 'track', 'identify', 'instances', 'debug', 'on', 'off', 'once', 'ready', 'alias', 'group'],
  ...['enableCookie', 'disableCookie', 'holdConsent', 'revokeConsent', 'grantConsent'],
]

/** Defines the queueing `ttq`, then runs `calls`, JavaScript such as `ttq.load('…'); ttq.page()`. */
export function classicalSnippet(calls: string, host = 'https://analytics.tiktok.com'): string {
  return `
(function (window, document, name) {
  window.TiktokAnalyticsObject = name
  var ttq = (window[name] = window[name] || [])
  ttq.methods = ${JSON.stringify(methods)}
  ttq.setAndDefer = function (target, method) {
    target[method] = function () { target.push([method].concat(Array.prototype.slice.call(arguments, 0))) }
  }
  for (var i = 0; i < ttq.methods.length; i++) ttq.setAndDefer(ttq, ttq.methods[i])
  ttq.instance = function (id) {
    var one = ttq._i[id] || []
    for (var n = 0; n < ttq.methods.length; n++) ttq.setAndDefer(one, ttq.methods[n])
    return one
  }
  ttq.load = function (id, options) {
    var address = '${host}/i18n/pixel/events.js'
    ttq._i = ttq._i || {}
    ttq._i[id] = []
    ttq._i[id]._u = address
    ttq._t = ttq._t || {}
    ttq._t[id] = +new Date()
    ttq._o = ttq._o || {}
    ttq._o[id] = options || {}
    var script = document.createElement('script')
    script.async = true
    script.src = address + '?sdkid=' + id + '&lib=' + name
    var first = document.getElementsByTagName('script')[0]
    first.parentNode.insertBefore(script, first)
  }
  ${calls}
})(window, document, 'ttq')`
}

/** A page with the snippet, after `head`. */
export function classicalPage(calls: string, head = ''): string {
  return `<!doctype html><meta charset="utf-8"><title>Shop</title>${head}<script>${classicalSnippet(calls)}</script>`
}
