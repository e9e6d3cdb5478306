// The globals of a custom pixel's sandbox, with Shopify's own types. Only the check uses them.
import type { ExtensionApi } from '@shopify/web-pixels-extension'
import type {} from 'converge-tiktok'

declare global {
  var analytics: ExtensionApi['analytics']
  var browser: ExtensionApi['browser']
  var init: ExtensionApi['init']
  var api: Pick<ExtensionApi, 'customerPrivacy'>
  var converge: Pick<Required<NonNullable<Window['converge']>>, 'q' | 'init' | 'track' | 'consent'>
}
