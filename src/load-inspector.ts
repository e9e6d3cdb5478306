import type { Part } from './browser/start.ts'

/**
 * Loads the inspector from the file beside this one. By its address, since an `import()` by name would put the whole
 * inspector into every bundle of an app whose bundler does not split code. Bundlers that know `new URL()` copy the file.
 *
 * In a file of its own, since test runners that turn modules into CommonJS cannot read `import.meta`.
 *
 * @throws a sentence that says how to provide the file, if it is not there
 */
export async function loadInspector(): Promise<Part> {
  let place = 'a bundle that is not a module'
  try {
    const url = new URL('./inspector.js', import.meta.url).href
    place = url
    return await import(/* @vite-ignore */ /* webpackIgnore: true */ /* turbopackIgnore: true */ url)
  } catch (error) {
    throw new Error(
      `converge-tiktok: the inspector could not be loaded from ${place} (${error}). If your bundler does not copy inspector.js ` +
        'there, run "npx converge-tiktok copy" with the folder of your bundle, or import { inspect } from ' +
        '"converge-tiktok/inspector" and call inspect(converge, config, window).',
    )
  }
}
