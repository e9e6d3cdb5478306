import type { Config } from '../../src/types.ts'

/** The demo's switches with their values. The first value is the initial one. */
export const switches = {
  contentId: ['default', 'product_id', 'variant_id', 'sku'],
  filter: ['none', 'orders from €50'],
  pixel: ['loads', 'blocked'],
  tiktok: ['up', 'Events API down', 'all down'],
} as const

type Values = typeof switches
export type Setting = { -readonly [Name in keyof Values]: Values[Name][number] }

export const initial: Setting = { contentId: 'default', filter: 'none', pixel: 'loads', tiktok: 'up' }

/** The setting after a change. Unknown switches and values are ignored. */
export function change(setting: Setting, wanted: Record<string, unknown>): Setting {
  const read = <Value>(values: readonly Value[], value: unknown, former: Value): Value =>
    values.find((one) => one === value) ?? former
  return {
    contentId: read(switches.contentId, wanted.contentId, setting.contentId),
    filter: read(switches.filter, wanted.filter, setting.filter),
    pixel: read(switches.pixel, wanted.pixel, setting.pixel),
    tiktok: read(switches.tiktok, wanted.tiktok, setting.tiktok),
  }
}

/** The shop's one config, for its pages and for its forwarder. */
export function configOf({ contentId, filter }: Setting, pixelId: string): Config {
  const any = [{ property: 'total_price', operator: 'greater_than_or_equal', value: 50 }] as const
  return {
    pixelId,
    consent: 'require',
    contentId,
    ...(filter !== 'none' && { filters: [{ event: 'Placed Order', any }] }),
  }
}
