// Publications
