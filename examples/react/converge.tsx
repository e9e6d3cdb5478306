// The provider and the hooks. Copy this file.
import { type Config, type Converge, createConverge } from 'converge-tiktok'
import { createContext, type ReactNode, useContext, useEffect, useMemo } from 'react'

const ConvergeContext = createContext<Converge | undefined>(undefined)

/** `config` must stay the same object: keep it outside of your components. */
export function ConvergeProvider({ config, children }: { config: Config; children: ReactNode }) {
  // Rendered on a server it skips every event; rendered twice, the same pixel ID is the same instance.
  const converge = useMemo(() => createConverge(config), [config])
  return <ConvergeContext value={converge}>{children}</ConvergeContext>
}

export function useConverge(): Converge {
  const converge = useContext(ConvergeContext)
  if (!converge) throw new Error('useConverge() was called outside of a <ConvergeProvider>.')
  return converge
}

/** A page view now and after each navigation. `url` is the router's own word for where it is. */
export function usePageLoads(url: string): void {
  const { track } = useConverge()
  // StrictMode runs this twice, and so do some routers: the second one is skipped, as `same_page`.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another url is another page
  useEffect(() => void track('$page_load'), [track, url])
}
