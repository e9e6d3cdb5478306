// Next.js runs this before hydration, so that the first page view is of the page that the visitor opened.
import './converge.ts'
