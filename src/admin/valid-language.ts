// Chromium reports the language `en-US@posix` on a Linux with LANG=C. uPlot passes it to Intl when it loads, and Intl throws.
try {
  Intl.getCanonicalLocales(navigator.language)
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en' })
}
