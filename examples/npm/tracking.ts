import { createConverge } from 'converge-tiktok'

export const converge = createConverge({
  pixelId: 'CJQBODJC77UB4MRTGFRF',
  consent: 'require',
  pageLoads: 'auto',
})

/** Properties of your own: the compiler then completes them, and refuses what is misspelt. */
declare module 'converge-tiktok' {
  interface CustomProperties {
    gift_wrap?: boolean
  }
}
