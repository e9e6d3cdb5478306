/** An address to which secrets may be sent: over https, or on this machine. */
export const safeUrl = /^https:|^http:\/\/(localhost|127\.0\.0\.1|\[::1\])[:/]/
