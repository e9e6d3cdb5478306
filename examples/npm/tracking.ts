import { createConverge } from 'converge-tiktok'

export const converge = createConverge({
  pixelId: 'CJQBODJC77UB4MRTGFRF',
  consent: 'require',
  pageLoads: 'auto',
})

/** Your own properties. The editor then completes them, and the compiler refuses misspelled ones. */
declare module 'converge-tiktok' {
  interface CustomProperties {
    gift_wrap?: boolean
  }
}
