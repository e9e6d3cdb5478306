// npm run release: builds, tests and packs the version of package.json, and shows what would be published.
// npm run release -- --tag: also tags the commit. Pushing the tag starts .github/workflows/release.yml, which publishes.

import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'

const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
const tag = `v${version}`
const words = process.argv.slice(2)

const git = (...rest) => execFileSync('git', rest, { encoding: 'utf8' }).trim()
const npm = (...rest) => execFileSync('npm', rest, { stdio: 'inherit' })

/** Why this version cannot be released now, a sentence each. */
function findObstacles() {
  const found = []
  const unknown = words.filter((word) => word !== '--tag')
  if (unknown.length) found.push(`The option ${unknown.join(' ')} does not exist. Use --tag, or no option.`)
  const dirty = git('status', '--porcelain')
  if (dirty) found.push(`The working tree has changes that are not committed:\n${dirty}`)
  if (git('tag', '--list', tag)) found.push(`The tag ${tag} exists. Give package.json a new version.`)
  const heading = `## ${version} (`
  const changelog = readFileSync('CHANGELOG.md', 'utf8').split('\n')
  if (!changelog.some((line) => line.startsWith(heading) && /\(\d{4}-\d{2}-\d{2}\)$/.test(line)))
    found.push(`CHANGELOG.md has no heading "## ${version} (YYYY-MM-DD)". Write one over the changes of this version.`)
  return found
}

const obstacles = findObstacles()
if (obstacles.length) {
  console.error(`${tag} cannot be released.\n${obstacles.map((line) => `- ${line}`).join('\n')}`)
  process.exit(1)
}

npm('ci')
npm('test') // builds first
mkdirSync('.cache/release', { recursive: true })
npm('pack', '--ignore-scripts', '--pack-destination', '.cache/release')

if (words.includes('--tag')) {
  git('tag', '--annotate', tag, '--message', tag)
  console.log(`Tagged ${tag}. "git push origin ${tag}" publishes it.`)
} else {
  console.log(
    `${tag} is ready, in .cache/release. Nothing was tagged or published. "npm run release -- --tag" tags it.`,
  )
}
