import { createConverge } from 'converge-tiktok'

/** On the server, it skips every event, so any component may import it. */
export const converge = createConverge({
  pixelId: 'CJQBODJC77UB4MRTGFRF',
  consent: 'require',
  pageLoads: 'auto',
  relay: '/api/converge', // examples/next-route-handler
})
