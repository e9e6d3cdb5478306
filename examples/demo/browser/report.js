// Tells the demo what Converge says in this page, so that /tiktok can say why a copy did not come.
let state = {}

window.converge.on('state', ({ pixel, pixelCause }) => {
  state = { pixel, pixelCause }
})
window.converge.on('event', (result) => {
  // After whatever else comes in this turn, the pixel's state above all.
  queueMicrotask(() => navigator.sendBeacon('/demo/report', JSON.stringify({ result, state })))
})
