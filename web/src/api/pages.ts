/** The two ways in which the surfaces divide a list, as TanStack Query asks for it. */

interface CursorPage {
  readonly next_cursor: string | null;
}

export const byCursor = {
  initialPageParam: null as string | null, // no cursor for the first page
  getNextPageParam: ({ next_cursor: cursor }: CursorPage) => cursor,
};

interface NumberedPage {
  readonly meta: { readonly pagination: { readonly next_page: number | null } };
}

export const byNumber = {
  initialPageParam: 1,
  getNextPageParam: ({ meta }: NumberedPage) => meta.pagination.next_page,
};
