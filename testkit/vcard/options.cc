  app.option_defaults()->always_capture_default();
}  // namespace jpki::vcard
