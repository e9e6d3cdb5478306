/**
 * The operator's page, one document with its script and style inside, and the Content-Security-Policy that allows exactly these two.
 * The build inserts both, because a Worker has no files.
 */
export const builtPage = { html: '', policy: '' }
