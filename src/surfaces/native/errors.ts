/** In the envelope of the org-outposts contract, whose paths this surface shares. */
export { renderOrgError as renderError } from '#surfaces/http/org-errors.ts';
