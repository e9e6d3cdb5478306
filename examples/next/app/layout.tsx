import type { Metadata } from 'next'
import type { ReactNode } from 'react'
import { ConsentBanner } from './consent-banner.tsx'

export const metadata: Metadata = { title: 'A shop' }

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>
        {children}
        <ConsentBanner />
      </body>
    </html>
  )
}
