import type { ConsentAdapter, ConsentPlatform } from '../types.ts'
import { google } from './google.ts'
import { shopify } from './shopify.ts'

/** By the names that `consentFrom` takes. */
export const adapters: Record<ConsentPlatform, ConsentAdapter> = { google, shopify }
