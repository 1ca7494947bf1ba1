"""What tests share: wikis and models made for them, servers, and where files are."""
