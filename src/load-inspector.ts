import type { Part } from './browser/start.ts'

/**
 * Loads the inspector from the file next to this one. It imports a URL, because bundlers without code splitting would include
 * the whole inspector for an `import()` by name. Bundlers that support `new URL()` copy the file.
 *
 * This is a separate file, because test runners that convert modules to CommonJS cannot read `import.meta`.
 *
 * @throws an error that explains how to provide the file, if it is missing
 */
export async function loadInspector(): Promise<Part> {
  let place = 'a bundle that is not a module'
  try {
    const url = new URL('./inspector.js', import.meta.url).href
    place = url
    return await import(/* @vite-ignore */ /* webpackIgnore: true */ /* turbopackIgnore: true */ url)
  } catch (cause) {
    const error = new Error(
      `converge-tiktok: the inspector could not be loaded from ${place}. If your bundler does not copy inspector.js there, ` +
        'run "npx converge-tiktok copy" with the folder of your bundle, or import { inspect } from ' +
        '"converge-tiktok/inspector" and call inspect(converge, config, window).',
    )
    // Browsers from 2020 ignore the constructor's second argument.
    throw Object.assign(error, { cause })
  }
}
