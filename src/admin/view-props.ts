import type { AdminSummary } from '../server/admin/admin-api.ts'
import type { Filters } from './address.ts'
import type { Refreshed } from './use-refresh.ts'

/** What each view receives. */
export interface ViewProps {
  summary: Refreshed<AdminSummary>
  /** The filters of the URL's hash. Only the events use them. */
  filters: Filters
}
