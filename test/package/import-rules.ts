// The import rules of ARCHITECTURE.md, as a table.

/**
 * Folder of the importing file, and the folders that it may import from. `.` is src itself, which holds the types. A folder
 * inside a folder that has no row of its own follows the row of the outer one.
 */
const allowed: Record<string, readonly string[]> = {
  core: ['core', '.'],
  tiktok: ['tiktok', 'core', '.'],
  'tiktok/events-api': ['tiktok/events-api', 'tiktok', 'core', '.'],
  'tiktok/pixel': ['tiktok/pixel', 'tiktok', 'core', '.'],
  browser: ['browser', 'tiktok/pixel', 'tiktok', 'core', '.'],
  consent: ['consent', 'core', '.'],
  ui: ['ui', 'core', '.'],
  inspector: ['inspector', 'ui', 'tiktok', 'core', '.'],
  admin: ['admin', 'ui', 'server', 'store', '.'], // only types of the last two, so their code is not in its bundle
  server: ['server', 'store', 'tiktok/events-api', 'tiktok', 'core', '.'],
  store: ['store', 'server', 'tiktok/events-api', 'tiktok', 'core', '.'],
  'store/sqlite': ['store/sqlite', 'store', 'server', 'tiktok/events-api', 'tiktok', 'core', '.'],
  'store/postgres': ['store/postgres', 'store', 'server', 'tiktok/events-api', 'tiktok', 'core', '.'],
  node: ['node', 'store/sqlite', 'store/postgres', 'store', 'server', 'tiktok/events-api', 'tiktok', 'core', '.'],
  cloudflare: ['cloudflare', 'server', 'core', '.'],
}
/** The allowed packages by folder. Code for pages may import none. */
const packages: Record<string, RegExp> = {
  admin: /^(preact|preact\/hooks|htm\/preact|uplot)$/,
  server: /^(valibot|libphonenumber-js\/max)$/,
  node: /^(node:.+|srvx\/node|@clack\/prompts|csv-parse|prom-client)$/,
  store: /^node:crypto$/, // only the engines use it, and they run on Node
  'store/sqlite': /^node:.+$/,
  'store/postgres': /^(node:.+|pg)$/,
}
/** Files directly in src combine the folders. */
const assemblers = ['index.ts', 'create-converge.ts', 'load-inspector.ts', 'script.ts']
const isEntry = (path: string) =>
  assemblers.includes(path) ||
  /^[a-z]+\/index\.ts$/.test(path) ||
  path === 'store/postgres/index.ts' ||
  path === 'node/cli.ts'
const impure =
  /\b(window|document|navigator|location|localStorage|fetch|crypto|setTimeout|Date(?!\.parse)|performance|console)\b|Math\.random/
/** Only these files call TikTok. The other files of the pure folders do not. */
const effects = ['tiktok/events-api/client.ts', 'tiktok/events-api/post.ts', 'tiktok/events-api/within-time.ts']

/** TikTok's hosts and age limits, each defined in one file. */
const facts: readonly [place: string, fact: RegExp][] = [
  ['tiktok/hosts.ts', /tiktok\.com/],
  ['tiktok/limits.ts', /\b(47|168)\b[^\n]*\* ?(HOUR|hour|3600|3_600)/],
]

export interface Source {
  /** Below src, such as `core/filter.ts`. */
  path: string
  text: string
}

/** Returns a sentence for each violation. */
export function breaches(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => [...fileBreaches(source), ...importBreaches(source)])
}

/** Returns the row for a file: that of the innermost folder with a row. */
export function folderOf(path: string): string {
  const folder = path.replace(/\/?[^/]*$/, '')
  if (folder === '') return '.'
  return folder in allowed || !folder.includes('/') ? folder : folderOf(folder)
}

function fileBreaches({ path, text }: Source): string[] {
  const found: string[] = []
  if (/(^|\/)utils?\.ts$/.test(path)) found.push(`${path} is named after nothing`)
  if (/\/index\.ts$/.test(path) && /^(core|tiktok|browser)\//.test(path))
    found.push(`${path} is a barrel inside a folder`)
  if (/^(core|tiktok)\//.test(path) && !path.startsWith('tiktok/pixel/') && !effects.includes(path)) {
    const used = impure.exec(withoutComments(text).replace(/'[^'\n]*'/g, ''))
    if (used) found.push(`${path} is not pure: ${used[0]}`)
  }
  for (const [place, fact] of facts) {
    const again = path !== place && fact.exec(withoutComments(text))
    if (again) found.push(`${path} has ${again[0]}, which ${place} has already`)
  }
  return found
}

const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*$/gm, '')

/** Returns the imports and re-exports of a file, including types and `import()`. */
const importsOf = ({ text }: Source): string[] =>
  [...text.matchAll(/\b(?:from|import)\s*\(?\s*'([\w@./:-]+)'/g)].map(([, name = '']) => name)

const targetOf = (path: string, name: string): string => new URL(name, `file:///${path}`).pathname.slice(1)

function importBreaches(source: Source): string[] {
  const { path } = source
  const folder = folderOf(path)
  const imports = importsOf(source)
  if (path === 'types.ts') return imports.map((name) => `${path} imports ${name}, and types import nothing`)
  return imports.flatMap((name) => {
    if (!name.startsWith('.')) {
      return packages[folder]?.test(name) ? [] : [`${path} imports ${name}, a package that ${folder} may not have`]
    }
    const target = targetOf(path, name)
    if (assemblers.includes(path)) return []
    if (isEntry(target)) return [`${path} imports the entry ${target}`]
    if (allowed[folder]?.includes(folderOf(target))) return []
    return [`${path} imports ${target}, and ${folder} may import ${allowed[folder]?.join(', ') ?? 'nothing'}`]
  })
}

/** Each circle of imports, as `a.ts → b.ts → a.ts`. Type imports count too, because a circle of types hides where a type belongs. */
export function importCircles(sources: readonly Source[]): string[] {
  const importedBy = new Map(
    sources.map((source) => [
      source.path,
      importsOf(source)
        .filter((name) => name.startsWith('.'))
        .map((name) => targetOf(source.path, name)),
    ]),
  )
  const finished = new Set<string>()
  const found: string[] = []

  function visit(path: string, way: readonly string[]): void {
    if (finished.has(path)) return
    if (way.includes(path)) {
      found.push([...way.slice(way.indexOf(path)), path].join(' → '))
      return
    }
    for (const target of importedBy.get(path) ?? []) visit(target, [...way, path])
    finished.add(path)
  }

  for (const path of importedBy.keys()) visit(path, [])
  return found
}
