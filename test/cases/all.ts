import type { Case } from './case.ts'
import { contentIdCases } from './content-ids.ts'
import { customMappingCases } from './custom-mapping.ts'
import { filterCases } from './filters.ts'
import { mappingCases } from './mapping.ts'
import { orderIdCases } from './order-ids.ts'
import { parameterCases } from './parameters.ts'

export const allCases: Case[] = [
  ...mappingCases,
  ...contentIdCases,
  ...parameterCases,
  ...orderIdCases,
  ...customMappingCases,
  ...filterCases,
]
