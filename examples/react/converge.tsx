// The provider and the hooks. Copy this file.
import { type Config, type Converge, createConverge } from 'converge-tiktok'
import { createContext, type ReactNode, useContext, useEffect, useMemo } from 'react'

const ConvergeContext = createContext<Converge | undefined>(undefined)

/** `config` must stay the same object, so define it outside of your components. */
export function ConvergeProvider({ config, children }: { config: Config; children: ReactNode }) {
  // On a server, it skips every event. If it is rendered twice, the same pixel ID returns the same instance.
  const converge = useMemo(() => createConverge(config), [config])
  return <ConvergeContext value={converge}>{children}</ConvergeContext>
}

export function useConverge(): Converge {
  const converge = useContext(ConvergeContext)
  if (!converge) throw new Error('useConverge() was called outside of a <ConvergeProvider>.')
  return converge
}

/** Tracks a page view now and after each navigation. `url` is the router's current URL. */
export function usePageLoads(url: string): void {
  const { track } = useConverge()
  // StrictMode and some routers run this twice. The second page view is skipped, as `same_page`.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new url is a new page
  useEffect(() => void track('$page_load'), [track, url])
}
