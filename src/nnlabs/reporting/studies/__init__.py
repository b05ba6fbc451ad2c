"""What the pages of exercises and studies say: one module a page, with TITLE, QUESTION, `answer` and `page`."""
