// What Converge's statuses, reasons and causes mean, for people.

const reasons = {
  filter: 'this page’s filter lets only orders from €50 through',
  unmapped: 'no row of the mapping names this event',
  no_channel: 'this config has no way to send it',
  pixel_blocked: 'TikTok’s script did not come, so nobody takes this call',
}

const causes = {
  csp: 'the Content-Security-Policy refuses it',
  script_error: 'events.js did not load, as with an ad blocker',
  stand_in: 'something else came in place of events.js',
  no_answer: 'events.js did not take over for 25 s',
}

const pixels = {
  off: 'no pixel here',
  waiting: 'calls wait in ttq’s queue',
  live: 'TikTok’s script takes each call',
}

export const reasonWords = ({ status, reason }) => (reason ? `${status}: ${reasons[reason] ?? reason}` : status)

export const pixelWords = ({ pixel, pixelCause }) => pixels[pixel] ?? causes[pixelCause] ?? pixelCause ?? ''
