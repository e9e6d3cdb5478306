// Runs after `npm ci` in a clone. On an older Node, npm warns about the test tools (EBADENGINE). This explains the warning.

/** The first version without these warnings. */
const recommended = [22, 17]
const [, version] = /node\/v([\d.]+)/.exec(process.env.npm_config_user_agent ?? '') ?? []
const [major = 0, minor = 0] = (version ?? '').split('.').map(Number)

if (version && (major < recommended[0] || (major === recommended[0] && minor < recommended[1]))) {
  console.error(
    `converge-tiktok: this is Node ${version}. The EBADENGINE warnings are about tools of the tests, and do no harm: npm scripts ` +
      'run on the Node 24 that was installed with them. Node 22.17 or later installs without warnings.',
  )
}
