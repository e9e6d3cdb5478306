import { attempt } from '../core/attempt.ts'
import { hasOwn, isRecord, readText } from '../core/read.ts'
import { checks } from './checks.ts'
import type { Delivery } from './deliveries.ts'
import type { Diagnosis } from './diagnose.ts'
import type { Entry, Outcome } from './entry.ts'
import type { MatchKey } from './match-keys.ts'
import { redactDeep } from './redact.ts'
import { deliveryWords, outcomeNames } from './row.ts'

const KEY = 'converge.inspector'
/** The number of rows kept for the next page of the tab, newest first. */
const MOST_KEPT = 50

type Place = Pick<Window, 'name' | 'location' | 'sessionStorage'>

/** True if this tab was opened with `?converge_debug`. Without it, also with `debug: true`, nothing is stored. */
const isAsked = ({ name, location }: Place): boolean => /converge_debug/.test(`${location.search} ${name}`)

/** Keeps what the rows show for the next page of the tab, redacted like the export. */
export function keepRows(window: Place, entries: readonly Entry[]): void {
  attempt(() => {
    if (!isAsked(window)) return
    if (entries.length === 0) return dropRows(window)
    const rows = entries.slice(-MOST_KEPT).map(({ tracked, finding, key, config, matchKeys, ...entry }) => ({
      ...entry,
      pixelId: config.pixelId,
      matchKeys: matchKeys.map(({ key, isThere, isGiven }) => ({ key, isThere, isGiven })),
    }))
    window.sessionStorage.setItem(KEY, JSON.stringify(redactDeep(rows)))
  })
}

export function dropRows(window: Place): void {
  attempt(() => window.sessionStorage.removeItem(KEY))
}

/** The rows of the tab's earlier pages. Anything else in the storage is ignored. */
export function recallRows(window: Place): Entry[] {
  const rows = attempt((): unknown => (isAsked(window) ? JSON.parse(window.sessionStorage.getItem(KEY) ?? '[]') : []))
  return Array.isArray(rows) ? rows.slice(-MOST_KEPT).flatMap((row) => readRow(row) ?? []) : []
}

function readRow(row: unknown): Entry | undefined {
  if (!isRecord(row) || typeof row.time !== 'number' || !isOutcome(row.outcome) || !isRecord(row.deliveries))
    return undefined
  const { pixel, relay } = row.deliveries
  if (!isDelivery(pixel) || !isDelivery(relay)) return undefined
  return {
    key: {},
    isKept: true,
    time: row.time,
    eventName: readText(row.eventName),
    eventID: readText(row.eventID),
    outcome: row.outcome,
    sentence: readText(row.sentence),
    advice: readText(row.advice),
    names: listOf(row.names).map(readText),
    deliveries: { pixel, relay },
    diagnoses: listOf(row.diagnoses).flatMap((one) => readDiagnosis(one) ?? []),
    matchKeys: listOf(row.matchKeys).flatMap((one) => readMatchKey(one) ?? []),
    config: { pixelId: readText(row.pixelId) },
  }
}

function readDiagnosis(value: unknown): Diagnosis | undefined {
  if (!isRecord(value)) return undefined
  const code = checks.find((check) => check.code === value.code)?.code
  const [event, event_id, message, fix] = [value.event, value.event_id, value.message, value.fix].map(readText)
  return code && { code, event: event ?? '', event_id: event_id ?? '', message: message ?? '', fix: fix ?? '' }
}

function readMatchKey(value: unknown): MatchKey | undefined {
  if (!isRecord(value)) return undefined
  const { key, isThere, isGiven } = value
  return { key: readText(key), isThere: isThere === true, isGiven: isGiven === true, value: '', advice: '' }
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
const isOutcome = (value: unknown): value is Outcome => typeof value === 'string' && hasOwn(outcomeNames, value)
const isDelivery = (value: unknown): value is Delivery => typeof value === 'string' && hasOwn(deliveryWords, value)
