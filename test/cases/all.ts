import type { Case } from './case.ts'
import { contentIdCases } from './content-ids.ts'
import { customMappingCases } from './custom-mapping.ts'
import { filterCases } from './filters.ts'
import { mappingCases } from './mapping.ts'
import { parameterCases } from './parameters.ts'

export const allCases: Case[] = [
  ...mappingCases,
  ...contentIdCases,
  ...parameterCases,
  ...customMappingCases,
  ...filterCases,
]
