// Builds the operator's page: one HTML document that loads nothing else, and the policy that allows only its own script and style.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build, transform } from 'esbuild'
import { styles } from '../src/admin/styles.ts'

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url))
const read = (name) => readFileSync(path(name), 'utf8')

/** The packages whose code is in the page. */
const packages = ['preact', 'htm', 'uplot']

/** Resolves with the document and its Content-Security-Policy. */
export async function buildAdminPage() {
  const { outputFiles } = await build({
    entryPoints: [path('src/admin/index.ts')],
    bundle: true,
    format: 'esm',
    target: 'es2022', // operators have a current browser
    minify: true,
    legalComments: 'none', // the licenses are in a file of their own
    write: false,
  })
  const script = outputFiles[0].text.trim()
  const style = await transform(read('node_modules/uplot/dist/uPlot.min.css') + styles, { loader: 'css', minify: true })
  const css = style.code.trim()
  return { html: documentOf(script, css), policy: policyOf(script, css) }
}

/** The licenses of the packages whose code is in the page. They ask for a copy of their text. */
export const adminLicenses = () =>
  packages.map((name) => `${name}\n\n${read(`node_modules/${name}/LICENSE`).trim()}\n`).join('\n\n')

const documentOf = (script, css) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>Converge for TikTok</title>
<link rel="icon" href="data:,">
<style>${css}</style>
</head>
<body>
<div id="app"><noscript>This page needs JavaScript.</noscript></div>
<script type="module">${script}</script>
</body>
</html>
`

function policyOf(script, css) {
  return [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(css)}`,
    'img-src data:',
    "connect-src 'self'",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ')
}

const hashOf = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
