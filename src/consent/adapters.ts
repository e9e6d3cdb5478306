import type { ConsentAdapter, ConsentPlatform } from '../types.ts'
import { google } from './google.ts'
import { shopify } from './shopify.ts'

/** The adapters by their names in `consentFrom`. */
export const adapters: Record<ConsentPlatform, ConsentAdapter> = { google, shopify }
