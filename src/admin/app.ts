import { html } from 'htm/preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { AdminSummary } from '../server/admin/admin-api.ts'
import { type Api, ApiError, problemOf } from './api.ts'
import { SessionContext } from './session.ts'
import { Shell } from './shell.ts'
import { SignIn } from './sign-in.ts'

/** `expired`: the view stays as it is, but hidden, until somebody signs in again. */
type State = 'unknown' | 'signed_in' | 'signed_out' | 'expired'

export function App({ api }: { api: Api }) {
  const [state, setState] = useState<State>('unknown')
  const [problem, setProblem] = useState('')
  const isActive = state === 'signed_in'
  const session = useMemo(() => ({ api, isActive }), [api, isActive])
  api.onSignedOut = () =>
    setState((before) => (before === 'signed_in' || before === 'expired' ? 'expired' : 'signed_out'))

  async function look(): Promise<void> {
    setProblem('')
    try {
      await api.get<AdminSummary>('summary')
      setState('signed_in')
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 401)) setProblem(problemOf(error))
    }
  }

  async function signOut(): Promise<void> {
    await api.post('sign-out', {})
    setState('signed_out')
  }

  useEffect(() => {
    void look()
  }, [])

  if (problem) return html`<${Unreachable} problem=${problem} onRetry=${look} />`
  return html`<${SessionContext.Provider} value=${session}>
    ${
      (state === 'signed_in' || state === 'expired') &&
      html`<div hidden=${!isActive}><${Shell} onSignOut=${signOut} /></div>`
    }
    ${
      (state === 'signed_out' || state === 'expired') &&
      html`<${SignIn} api=${api} isExpired=${state === 'expired'} onSignedIn=${() => setState('signed_in')} />`
    }
  <//>`
}

const Unreachable = ({ problem, onRetry }: { problem: string; onRetry: () => void }) => html`<main class="sign-in">
  <h1>Converge for TikTok</h1>
  <p role="alert" class="notice" data-tone="bad">${problem}</p>
  <button type="button" class="button" onClick=${onRetry}>Try again</button>
</main>`
