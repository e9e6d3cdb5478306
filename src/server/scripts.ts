/** The built scripts that a forwarder serves. The build puts their text here: a Worker has no files. */
export const scripts: Record<'converge.js' | 'consent.js' | 'inspector.js', string> = {
  'converge.js': '',
  'consent.js': '',
  'inspector.js': '',
}
