// A shop's own properties, added to those of every known event and item.
import type {} from '../../src/index.ts'

declare module '../../src/index.ts' {
  interface CustomProperties {
    gift_wrap?: boolean
  }
}
