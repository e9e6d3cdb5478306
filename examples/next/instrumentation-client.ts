// Next.js runs this before the page is hydrated, so that the first page view is the one the visitor came for.
import './converge.ts'
