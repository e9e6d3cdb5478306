import { statusCode } from '../line-outcome.ts'
import type { Query } from './connections.ts'
import type { ImportedRow, ImportOptions } from './import-options.ts'
import { toStored, toStoredId } from './log-transaction.ts'

/** A count of lines that are not there any more. */
export interface ImportedCount {
  hour: number
  /** What is counted: a kind, and the values of its columns. */
  key: readonly (string | number)[]
  count: number
  value: number
}

/** Lines behind `after`, up to `to`, have here an ID that is larger by `offset`. */
interface Range {
  after: number
  to: number
  offset: number
}

const [waiting, retry, failure, skipped] = (['waiting', 'retry', 'failure', 'skipped'] as const).map(statusCode)
const LINES_OF_PART = 1000
const INSERT_SECONDS = 60

const columns = `id bigint, time bigint, source text, channel text, event_name text, event text, event_id text, order_id text,
  status smallint, keys integer, is_order integer, attempts integer, value double precision, currency text, person bigint[],
  sent bigint, code double precision, message text, reason text, answers jsonb`
const names = columns.replace(/ (bigint\[\]|double precision|\w+)(?=,|$)/g, '')
const values = names.replace(/\b(is_order)\b/, 'is_order = 1')
/** What an outcome, a merge or a profile may change in a line. */
const changing = ['source', 'channel', 'status', 'keys', 'is_order', 'attempts', 'value', 'currency', 'person']
const answered = ['sent', 'code', 'message', 'reason', 'answers']

export type LogImport = ReturnType<typeof createLogImport>

/** Copies the event log of another database. Everything may be repeated. */
export function createLogImport({ connections, schema, source }: ImportOptions) {
  const progressSql = `SELECT name, chunk FROM ${schema}.moves WHERE source = $1 AND name LIKE 'log %'`
  const advanceSql = `INSERT INTO ${schema}.moves (source, name, chunk) VALUES ($1, $2, $3)
    ON CONFLICT (source, name) DO UPDATE SET chunk = excluded.chunk`
  const sequence = `${schema}.log_id_seq`
  const insertSql = `INSERT INTO ${schema}.log (${names}) SELECT ${values} FROM json_to_recordset($1) AS given (${columns})`
  const countsSql = `INSERT INTO ${schema}.log_counts (hour, key, count, value) SELECT hour, key, count, value
    FROM json_to_recordset($1) AS given (hour bigint, key text, count bigint, value double precision)`
  const secretSql = `INSERT INTO ${schema}.log_former_secrets (secret) VALUES (decode($1, 'hex')) ON CONFLICT DO NOTHING`
  const openSql = `SELECT id FROM ${schema}.log WHERE id > $1 AND id <= $2 AND status IN (${waiting}, ${retry}, ${failure})
    AND NOT EXISTS (SELECT FROM ${schema}.waiting WHERE waiting.line = log.id)
    AND NOT EXISTS (SELECT FROM ${schema}.dead_letters WHERE dead_letters.line = log.id) ORDER BY id`
  const all = [...changing, ...answered]
  const updateSql = `UPDATE ${schema}.log SET ${all.map((name) => `${name} = given.${name}`).join(', ')}
    FROM (SELECT ${values} FROM json_to_recordset($1) AS given (${columns})) AS given (${names})
    WHERE log.id = given.id AND (${all.map((name) => `log.${name}`).join(', ')}) IS DISTINCT FROM
      (${all.map((name) => `given.${name}`).join(', ')})`
  const skipSql = `UPDATE ${schema}.log SET status = ${skipped}, reason = 'already_sent'
    WHERE id = ANY($1) AND status IN (${waiting}, ${retry})`
  let ranges: Range[] = []

  async function readProgress(query: Query): Promise<ReadonlyMap<string, string>> {
    return new Map((await query(progressSql, [source])).map(({ name, chunk }) => [String(name), String(chunk)]))
  }

  /** The ID that a line of the other database has here. */
  function idOf(line: unknown): number | undefined {
    if (line === null || line === undefined) return undefined
    const id = Number(line)
    const range = ranges.find(({ after, to }) => id > after && id <= to)
    return range && id + range.offset
  }

  const toRows = (lines: readonly ImportedRow[]): string =>
    JSON.stringify(lines.map((line) => ({ ...toStoredLine(line), id: idOf(line.id) })))

  return {
    idOf,

    /** Keeps IDs for lines up to `lastId` that have none yet. Call it first. */
    reserve: (lastId: number): Promise<void> =>
      connections.transaction(async (query) => {
        ranges = JSON.parse((await readProgress(query)).get('log ids') ?? '[]')
        const after = ranges.at(-1)?.to ?? 0
        if (lastId <= after) return
        // Until the transaction ends, no other one gets an ID of this sequence.
        await query(`ALTER SEQUENCE ${sequence} CACHE 1`)
        const [row] = await query(`SELECT nextval('${sequence}') AS id`)
        const offset = Number(row?.id) - after
        await query(`SELECT setval('${sequence}', $1)`, [lastId + offset])
        ranges.push({ after, to: lastId, offset })
        await query(advanceSql, [source, 'log ids', JSON.stringify(ranges)])
      }),

    /** Takes over the secret of the references, so that `forget` finds the lines of a person. */
    async addSecret(secret: string): Promise<void> {
      await connections.query(secretSql, [secret])
    },

    /** Takes over the counts of lines that were deleted, once. `read` is only called if that was not done yet. */
    addCounts: (read: () => readonly ImportedCount[]): Promise<void> =>
      connections.transaction(async (query) => {
        if ((await readProgress(query)).has('log counts')) return
        const counts = read().map(({ key, ...count }) => ({ ...count, key: toKey(key) }))
        await query(countsSql, [JSON.stringify(counts)], INSERT_SECONDS)
        await query(advanceSql, [source, 'log counts', 'all'])
      }),

    /** The ID of the last line that was copied, in the other database. */
    last: async (): Promise<number> => Number((await readProgress(connections.query)).get('log lines') ?? 0),

    /** Adds lines. Returns their number. */
    add: (lines: readonly ImportedRow[]): Promise<number> =>
      connections.transaction(async (query) => {
        await query(insertSql, [toRows(lines)], INSERT_SECONDS)
        await query(advanceSql, [source, 'log lines', String(lines.at(-1)?.id ?? 0)])
        return lines.length
      }),

    /**
     * Copies lines again that a server of the other database has changed since. `read` reads them there by their IDs. A line
     * whose event is here is only changed here.
     */
    async refresh(read: (ids: number[]) => readonly ImportedRow[]): Promise<void> {
      for (const { after, to, offset } of ranges) {
        const open = await connections.query(openSql, [after + offset, to + offset], INSERT_SECONDS)
        for (let start = 0; start < open.length; start += LINES_OF_PART) {
          const ids = open.slice(start, start + LINES_OF_PART).map(({ id }) => Number(id) - offset)
          await connections.query(updateSql, [toRows(read(ids))], INSERT_SECONDS)
        }
      }
    },

    /** The events of these lines are not sent, because they wait here already. */
    async skip(query: Query, lines: readonly number[]): Promise<void> {
      if (lines.length) await query(skipSql, [lines])
    },
  }
}

function toStoredLine(line: ImportedRow): ImportedRow {
  const { event_id, order_id, answers } = line
  const texts = Object.entries(line).map(([name, value]) => [name, typeof value === 'string' ? toStored(value) : value])
  return {
    ...Object.fromEntries(texts),
    event_id: toStoredId(String(event_id)),
    order_id: typeof order_id === 'string' ? toStoredId(order_id) : null,
    answers: toStoredAnswers(JSON.parse(String(answers))),
  }
}

const toStoredAnswers = (answers: readonly ImportedRow[]): ImportedRow[] =>
  answers.map((answer) => ({ ...answer, message: toStored(String(answer.message)) }))

/** The text that `json_build_array` makes of the same values. */
const toKey = (key: ImportedCount['key']): string =>
  `[${key.map((part) => JSON.stringify(typeof part === 'string' ? toStored(part) : part)).join(', ')}]`
