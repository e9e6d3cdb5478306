import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Api } from './api.ts'

export interface Session {
  api: Api
  /** False while the sign-in form covers the view. Nothing is asked then. */
  isActive: boolean
}

export const SessionContext = createContext<Session | undefined>(undefined)

export function useSession(): Session {
  const session = useContext(SessionContext)
  if (!session) throw new Error('This component is outside of the session.')
  return session
}
