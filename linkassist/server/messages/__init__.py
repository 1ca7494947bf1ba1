"""The words of the screens, which the gettext catalogs `web/locale/*.po` hold."""
