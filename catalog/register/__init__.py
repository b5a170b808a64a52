"""The register's sheet: what organisations say of their own holdings, in the tool they already use."""
