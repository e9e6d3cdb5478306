// Reports Converge's results to the demo, so that /tiktok can explain why a copy is missing.
let state = {}

window.converge.on('state', ({ pixel, pixelCause }) => {
  state = { pixel, pixelCause }
})
window.converge.on('event', (result) => {
  // Wait for the rest of this task, which may change the pixel's state.
  queueMicrotask(() => navigator.sendBeacon('/demo/report', JSON.stringify({ result, state })))
})
