import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { BrowserRouter, Link, Route, Routes, useLocation } from 'react-router'
import { ConvergeProvider, useConverge, usePageLoads } from './converge.tsx'
import { ProductPage } from './product-page.tsx'

const config = {
  pixelId: 'CJQBODJC77UB4MRTGFRF',
  consent: 'require',
} as const

function Shop() {
  const { pathname, search } = useLocation()
  usePageLoads(pathname + search)
  return (
    <>
      <nav>
        <Link to="/">Home</Link> <Link to="/products/cap">Cap</Link>
      </nav>
      <Routes>
        <Route path="/" element={<h1>A shop</h1>} />
        <Route path="/products/cap" element={<ProductPage product={cap} />} />
      </Routes>
      <ConsentBanner />
    </>
  )
}

const cap = { product_id: '9010', variant_id: '90101', name: 'Cap', price: 19.9, currency: 'EUR' }

/** An example. Your own banner only has to call `consent`. */
function ConsentBanner() {
  const { consent } = useConverge()
  return (
    <button type="button" onClick={() => consent({ analytics: 'granted', marketing: 'granted' })}>
      Accept
    </button>
  )
}

const root = document.getElementById('root')
if (root) {
  createRoot(root).render(
    <StrictMode>
      <ConvergeProvider config={config}>
        <BrowserRouter>
          <Shop />
        </BrowserRouter>
      </ConvergeProvider>
    </StrictMode>,
  )
}
