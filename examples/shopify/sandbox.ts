// What a custom pixel finds in its sandbox, in Shopify's own types: for the check alone.
import type { ExtensionApi } from '@shopify/web-pixels-extension'
import type {} from 'converge-tiktok'

declare global {
  var analytics: ExtensionApi['analytics']
  var browser: ExtensionApi['browser']
  var init: ExtensionApi['init']
  var api: Pick<ExtensionApi, 'customerPrivacy'>
  var converge: Pick<Required<NonNullable<Window['converge']>>, 'q' | 'init' | 'track' | 'consent'>
}
