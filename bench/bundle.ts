// Bundles a module for a page as a shop's bundler would, with the same options for us and for the peers.

import { build } from 'esbuild'

/** The minified script for browsers, of ES2020. `folder` is where its imports are resolved. */
export async function bundleForPage(module: string, folder: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: module, resolveDir: folder, sourcefile: 'page.js' },
    bundle: true,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2020',
    // What a page loads on demand is a file of its own.
    external: ['./consent.js', './inspector.js'],
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'error',
    write: false,
  })
  return outputFiles[0]?.text ?? ''
}

/** The same for a server: its dependencies included, the platform's own modules left out. */
export async function bundleForServer(module: string, folder: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: module, resolveDir: folder, sourcefile: 'server.js' },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: 'node',
    external: ['node:*', 'cloudflare:*'],
    conditions: ['node', 'import'],
    logLevel: 'error',
    write: false,
  })
  return outputFiles[0]?.text ?? ''
}
