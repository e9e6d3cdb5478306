import Link from 'next/link'

export default function Home() {
  return <Link href="/products/cap">Cap</Link>
}
