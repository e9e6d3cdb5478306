import { html } from 'htm/preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { type Api, ApiError, problemOf } from './api.ts'
import { Icon } from './icon.ts'

interface Props {
  api: Api
  isExpired: boolean
  onSignedIn: () => void
}

export function SignIn({ api, isExpired, onSignedIn }: Props) {
  const field = useRef<HTMLInputElement>(null)
  const [problem, setProblem] = useState('')
  const [isBusy, setBusy] = useState(false)

  useEffect(() => {
    document.title = 'Sign in · Converge for TikTok'
    field.current?.focus()
  }, [])

  async function submit(event: Event): Promise<void> {
    event.preventDefault()
    setBusy(true)
    setProblem('')
    try {
      await signIn(api, field.current?.value ?? '')
      onSignedIn()
    } catch (error) {
      setProblem(error instanceof ApiError && error.status === 401 ? wrongToken : problemOf(error))
      setBusy(false)
      field.current?.select()
    }
  }

  return html`<main class="sign-in">
    <h1><${Icon} name="mark" />Converge for TikTok</h1>
    ${isExpired && html`<p>Your session has ended. Sign in again to return to where you were.</p>`}
    <form method="post" onSubmit=${submit}>
      <input type="text" name="username" autocomplete="username" value="operator" hidden readonly />
      <label for="token">Admin token</label>
      <input
        id="token"
        ref=${field}
        type="password"
        name="token"
        autocomplete="current-password"
        required
        aria-describedby="token-problem token-hint"
        aria-invalid=${problem ? 'true' : undefined}
      />
      <p id="token-hint" class="hint">The <code>adminToken</code> of the config, or <code>CONVERGE_ADMIN_TOKEN</code>.</p>
      <p id="token-problem" role="alert" class="problem">${problem}</p>
      <button class="button primary" disabled=${isBusy}>${isBusy ? 'Signing in …' : 'Sign in'}</button>
    </form>
  </main>`
}

const MAX_PATIENCE = 5 // seconds

/**
 * After a failed sign-in, also somebody else's, the forwarder answers 429 for a moment. So this waits and tries again by
 * itself.
 */
async function signIn(api: Api, token: string): Promise<void> {
  let waited = 0
  for (;;) {
    try {
      return await api.post('sign-in', { token })
    } catch (error) {
      const seconds = error instanceof ApiError && error.status === 429 ? error.retryAfter : 0
      waited += seconds
      if (seconds === 0 || waited > MAX_PATIENCE) throw error
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
    }
  }
}

const wrongToken = 'This is not the admin token. Check it, and try again.'
