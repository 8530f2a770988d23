"""What the report says about made-up networks whose infections are known."""
