// Plays TikTok's main script: takes over the queue, and sends the hits. "facts" are those of facts/tiktok.md.
;(() => {
  // biome-ignore lint/suspicious/noRedundantUseStrict: served as a classic script, where it is not redundant
  'use strict'
  // facts §1 "The object": it serves only the name that stands there when it runs.
  const ttq = window[window.TiktokAnalyticsObject]
  const { base } = ttq._loaded
  const options = (id) => ttq._o?.[id] || {}

  /* Pixels */

  const pixels = [] // one for each time an id was loaded: { id, lastPage }
  const backlog = [] // tracks with the pixel_code of a pixel that is still loading

  const register = (id) => {
    const isAgain = pixels.some((pixel) => pixel.id === id)
    pixels.push({ id })
    // facts §11: a snippet that loads a live id again resets the mark, and it stays so.
    if (!isAgain) ttq._i[id]._init = true
  }

  /* Hits */

  let waiting = [] // called, not yet assembled
  let leaving = false
  let hitsSent = 0
  const documentBegan = performance.timeOrigin // asked once: WebKit's answer moves with the machine's clock

  const send = (pixel, event, properties, eventID) => {
    if (consent === 'revoked') return
    waiting.push({ pixel, event, properties, eventID })
    // facts §1: once live, calls made right before or while the page goes away arrive.
    if (leaving) assemble()
    else setTimeout(assemble, 0)
  }

  const assemble = () => {
    // facts §1, §5: after identify() every hit waits for its chunk, however long that takes.
    if (consent !== 'granted' || (identified && identifyChunk === 'loading')) return
    const ready = waiting
    waiting = []
    for (const hit of ready) {
      try {
        beacon(hit)
      } catch {
        // facts §1: a frozen object with a currency, a BigInt or a cycle loses the event.
      }
    }
  }

  // facts §1 "What the pixel does with a call": parameters, time, URL and identity are those of this moment,
  // and the parameters object is written into.
  const beacon = ({ pixel, event, properties, eventID }) => {
    if (properties && typeof properties.currency === 'string') properties.currency = properties.currency.toUpperCase()
    const limited = options(pixel.id).limited_data_use
    const hit = {
      event,
      event_id: eventID,
      timestamp: new Date().toISOString(),
      properties: properties || {},
      context: {
        document: documentBegan, // beacons may overtake each other: the host sorts by these two
        index: hitsSent,
        pixel: { code: pixel.id },
        user: identity(),
        page: { url: location.href, referrer: document.referrer },
        ad: { callback: clickId() },
      },
      limited_data_use: limited,
    }
    const body = JSON.stringify(hit)
    hitsSent += 1
    navigator.sendBeacon(`${base}/api/v2/pixel`, body) // a string goes as text/plain
  }

  const stay = () => {
    leaving = false
  }
  const leave = () => {
    leaving = true
    assemble()
  }
  addEventListener('pagehide', leave, true)
  addEventListener('pageshow', stay, true)
  document.addEventListener('visibilitychange', () => (document.visibilityState === 'hidden' ? leave() : stay()), true)

  /* Identity, facts §5 */

  const person = {}
  let identified = false
  let identifyChunk = 'loading'

  const hashed = (value) => (/^[0-9a-f]{64}$/i.test(value) ? value : ttq._hash(value))

  const identity = () => {
    // facts §5: where the chunk is missing, hits go without identity.
    if (identifyChunk !== 'loaded') return {}
    const user = {}
    if (person.email) user.email = hashed(person.email)
    if (person.phone_number) user.phone_number = hashed(person.phone_number)
    if (person.external_id) user.external_id = String(person.external_id)
    return user
  }

  const identify = (given) => {
    const known = given || {}
    const email = known.email ? String(known.email).trim().toLowerCase() : known.sha256_email
    const phone = known.phone_number ? String(known.phone_number).trim() : known.sha256_phone_number
    // A hash is used unchanged, including its case. No value is ever removed.
    if (email) person.email = /^[0-9a-f]{64}$/i.test(known.email) ? known.email : email
    if (phone) person.phone_number = phone
    if (known.external_id) person.external_id = known.external_id
    identified = true
    if (email || phone) for (const pixel of pixels) send(pixel, 'EnrichAM', {})
  }

  const fetchIdentifyChunk = () => {
    const chunk = document.createElement('script')
    const settle = (state) => () => {
      identifyChunk = state
      assemble()
    }
    chunk.async = true
    chunk.src = `${base}/i18n/pixel/static/identify.js`
    chunk.onload = settle('loaded')
    chunk.onerror = settle('failed')
    document.head.appendChild(chunk)
  }

  /* Consent and cookies, facts §6, §7 */

  let consent = 'granted'
  let cookies = true

  // In a sandboxed frame they throw, and the pixel goes without.
  const jar = (written) => {
    try {
      // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing on http:// pages
      if (written) document.cookie = written
      return document.cookie
    } catch {
      return ''
    }
  }

  const cookie = (name) => {
    const pair = jar()
      .split('; ')
      .find((each) => each.startsWith(`${name}=`))
    return pair?.slice(name.length + 1)
  }

  const writeCookie = (name, value, seconds) => {
    const domain = location.hostname.includes('.') ? `; domain=${location.hostname.split('.').slice(-2).join('.')}` : ''
    jar(`${name}=${value}; path=/; max-age=${seconds}; samesite=lax${domain}`)
  }

  const day = 86400
  // facts §11: these are written at the start also after a denial, and stay after a denial.
  const writeSession = () => {
    if (consent === 'held') return
    for (const name of ['ttcsid', ...ttq._loaded.map((id) => `ttcsid_${id}`)])
      writeCookie(name, `${Date.now()}::1`, 90 * day)
    if (!cookies) writeCookie('_tt_enable_cookie', '0', 390 * day)
    try {
      for (const name of ['tt_sessionId', 'tt_pixel_session_index', 'tt_appInfo']) sessionStorage.setItem(name, '1')
    } catch {
      // A sandboxed frame has none.
    }
  }
  const writeCookies = () => {
    if (!cookies || consent !== 'granted') return
    writeCookie('_tt_enable_cookie', '1', 390 * day)
    writeCookie('_ttp', cookie('_ttp') || `fake${Math.random().toString(36).slice(2)}`, 390 * day)
    const ttclid = new URLSearchParams(location.search).get('ttclid')
    // facts §6: a day only, and with a time at its end.
    if (ttclid) writeCookie('ttclid', `${ttclid}.${Date.now()}`, day)
  }

  const clickId = () => {
    const kept = cookie('ttclid')
    return new URLSearchParams(location.search).get('ttclid') || kept?.replace(/\.\d{13}$/, '')
  }

  /* Calls, facts §1 "How to call" */

  const page = (parameters, given) => {
    for (const pixel of pixels) pageView(pixel, parameters, given)
  }

  // facts §3: not on the URL that this pixel sent last.
  const pageView = (pixel, parameters, given) => {
    if (pixel.lastPage === location.href) return
    pixel.lastPage = location.href
    const { event_id: eventID } = given || parameters || {}
    send(pixel, 'Pageview', {}, eventID)
  }

  const track = (event, properties, given) => {
    const { event_id: eventID, pixel_code: id } = given || {}
    const meant = pixels.filter((pixel) => id === undefined || pixel.id === id)
    // Nothing was lost that was tracked with the pixel_code of a pixel that came later.
    if (meant.length === 0 && id !== undefined) backlog.push([event, properties, given])
    for (const pixel of meant) send(pixel, event, properties, eventID)
  }

  const nothing = () => {}

  const instance = (id) => {
    const pixel = pixels.find((each) => each.id === id)
    const rest = { enableCookie: nothing, disableCookie: nothing } // facts §6: ignored on an instance
    if (pixel) {
      return {
        ...rest,
        page: (parameters, given) => pageView(pixel, parameters, given),
        track: (event, properties, given) => send(pixel, event, properties, given?.event_id),
        identify,
      }
    }
    return {
      ...rest,
      page: nothing, // lost while the id is still loading
      track: (event, properties, given) => track(event, properties, { ...given, pixel_code: id }),
      identify: () => {
        throw new TypeError('identify() on a pixel that is still loading')
      },
    }
  }

  const calls = {
    page,
    track,
    identify,
    holdConsent: () => {
      consent = 'held'
    },
    grantConsent: () => {
      consent = 'granted'
      writeSession()
      writeCookies()
      assemble()
    },
    revokeConsent: () => {
      consent = 'revoked'
      waiting = []
    },
    enableCookie: () => {
      cookies = true
      writeCookies()
    },
    disableCookie: () => {
      cookies = false
      writeCookie('_tt_enable_cookie', '0', 390 * day)
      writeCookie('_ttp', '', 0)
    },
  }

  /* Taking over */

  // facts §1: an entry that isn't an array stops the draining there.
  const drain = (queue, perform) => {
    while (Array.isArray(queue[0])) perform(...queue.shift())
  }

  const drainAll = () => {
    drain(ttq, (name, ...rest) => calls[name]?.(...rest))
    // An old shop may declare a Set of its own, so this does without.
    const ids = pixels.map((pixel) => pixel.id)
    for (const id of ids.filter((id, index) => ids.indexOf(id) === index)) {
      drain(ttq._i[id], (name, ...rest) => {
        if (name === 'track') instance(id).track(...rest)
        if (name === 'page' || name === 'identify') calls[name](...rest) // a queued instance().page() becomes global
      })
    }
  }

  for (const id of ttq._loaded) register(id)
  ttq.initialize = true
  ttq._mounted = true
  drainAll()
  writeSession()
  writeCookies() // after the queue: it may hold consent or disable cookies
  fetchIdentifyChunk()

  // facts §1: these four can't be wrapped, and who kept a stub pushes into a dead array …
  for (const [name, call] of Object.entries({ page, track, identify, instance })) {
    Object.defineProperty(ttq, name, { configurable: true, get: () => call, set: nothing })
  }
  for (const name of Object.keys(calls)) if (!['page', 'track', 'identify'].includes(name)) ttq[name] = calls[name]
  for (const name of ['instances', 'debug', 'on', 'off', 'once', 'ready', 'alias', 'group']) ttq[name] = nothing

  // … until a pixel that comes later drains it again.
  ttq._loaded.push = (id) => {
    register(id)
    drainAll()
    for (const entry of backlog.splice(0)) track(...entry)
  }

  // facts §1 "Loading": unless told not to, a page view of its own, without an event_id, on every navigation.
  const navigated = () => {
    for (const pixel of pixels) {
      if (options(pixel.id).historyObserver === false) continue
      pixel.lastPage = location.href
      send(pixel, 'Pageview', {})
    }
  }
  for (const name of ['pushState', 'replaceState']) {
    const original = history[name]
    history[name] = function (...rest) {
      original.apply(this, rest)
      navigated()
    }
  }
  addEventListener('popstate', navigated)
})()
