// Who may import whom: the rules of ARCHITECTURE.md, as a table.

/** Folder of the importing file, and the folders that it may import from. `.` is src itself, which holds the types. */
const allowed: Record<string, readonly string[]> = {
  core: ['core', '.'],
  tiktok: ['tiktok', 'core', '.'],
  'tiktok/pixel': ['tiktok/pixel', 'tiktok', 'core', '.'],
  browser: ['browser', 'tiktok/pixel', 'tiktok', 'core', '.'],
  consent: ['consent', 'core', '.'],
  inspector: ['inspector', 'tiktok', 'core', '.'],
  server: ['server', 'tiktok', 'core', '.'],
  node: ['node', 'server', 'tiktok', 'core', '.'],
  cloudflare: ['cloudflare', 'server', 'core', '.'],
}
/** Packages, by folder. What a page loads has none. */
const packages: Record<string, RegExp> = {
  server: /^(valibot|libphonenumber-js\/max)$/,
  node: /^(node:.+|srvx\/node)$/,
}
/** Files in src itself put the folders together. */
const assemblers = ['index.ts', 'create-converge.ts', 'script.ts']
const isEntry = (path: string) =>
  assemblers.includes(path) || /^[a-z]+\/index\.ts$/.test(path) || path === 'node/cli.ts'
const impure =
  /\b(window|document|navigator|location|localStorage|fetch|crypto|setTimeout|Date|performance|console)\b|Math\.random/

export interface Source {
  /** Below src, such as `core/filter.ts`. */
  path: string
  text: string
}

/** What each file does against the rules, a sentence each. */
export function breaches(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => [...fileBreaches(source), ...importBreaches(source)])
}

function fileBreaches({ path, text }: Source): string[] {
  const found: string[] = []
  if (/(^|\/)utils?\.ts$/.test(path)) found.push(`${path} is named after nothing`)
  if (/\/index\.ts$/.test(path) && /^(core|tiktok|browser)\//.test(path))
    found.push(`${path} is a barrel inside a folder`)
  if (['core', 'tiktok'].includes(roomOf(path))) {
    const used = impure.exec(text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '').replace(/'[^'\n]*'/g, ''))
    if (used) found.push(`${path} is not pure: ${used[0]}`)
  }
  return found
}

/** Its folder below src, `tiktok/pixel` being one of its own. `.` is src itself. */
const roomOf = (path: string) => (path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '.')

function importBreaches({ path, text }: Source): string[] {
  const folder = roomOf(path)
  const imports = [...text.matchAll(/\b(?:from|import)\s*\(?\s*'([\w@./:-]+)'/g)].map(([, name = '']) => name)
  if (path === 'types.ts') return imports.map((name) => `${path} imports ${name}, and types import nothing`)
  return imports.flatMap((name) => {
    if (!name.startsWith('.')) {
      return packages[folder]?.test(name) ? [] : [`${path} imports ${name}, a package that ${folder} may not have`]
    }
    const target = new URL(name, `file:///${path}`).pathname.slice(1)
    if (folder === '.' && assemblers.includes(path)) return []
    if (isEntry(target)) return [`${path} imports the entry ${target}`]
    if (allowed[folder]?.includes(roomOf(target))) return []
    return [`${path} imports ${target}, and ${folder} may import ${allowed[folder]?.join(', ') ?? 'nothing'}`]
  })
}
