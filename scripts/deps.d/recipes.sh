# SPDX-License-Identifier: Apache-2.0
# recipes.sh -- how each private library is built from its source tree; read by scripts/deps.
#
# Given: deps (where things go), cc (the compiler for the private C library), jobs.
#
# shellcheck shell=sh disable=SC2154,SC2086,SC2016 # the three given; flags are words
# ---- how libraries are compiled ------------------------------------------------------------------

flags="-O2 -fPIC -fno-stack-protector -fvisibility=hidden -ffunction-sections -fdata-sections \
-U_FORTIFY_SOURCE -fno-asynchronous-unwind-tables"

# Patches of Debian touch the sources of the configure scripts; the scripts delivered are fine.
no_autotools='ACLOCAL=: AUTOCONF=: AUTOMAKE=: AUTOHEADER=:'

# archive NAME FLAGS FILE...: compiles the files and collects them in libNAME.a.
archive() {
	out=$deps/lib/lib$1.a with=$2
	shift 2
	rm -rf objects "$out"
	mkdir objects
	for f; do printf '%s\n' "$f"; done | xargs -P "$jobs" -I{} sh -c \
		'set -x; exec "$1" $2 -c "$3" -o "objects/$(echo "${3%.*}" | tr / _).o"' \
		- "$cc" "$with" {}
	ar rcs "$out" objects/*.o
}

# The rules a library has to keep to run on a thread that no loader knows of: no TLS, nothing that
# runs before main or at load time, no weak reference that another C library could answer.
archive_check() {
	for a in $(echo "${1#-}" | tr , ' '); do
		readelf -sSW "$deps/lib/lib$a.a" >symbols
		if grep -E ' TLS | \.(preinit|init|fini)_array|\.ctors|IFUNC| COM | WEAK .* UND ' symbols; then
			echo "lib$a.a must not have these"
			return 1
		fi
	done
}

# A compiler for the private C library, for what has a configure script that links programs. Its
# programs get the memory hooks from hooks.o; in the product they come from core/ownlibc.c.
compiler_make() {
	mkdir -p "$deps/bin"
	cat >"$deps/bin/cc" <<-END
		#!/bin/sh
		for a; do case \$a in -c | -S | -E | -M | -MM) link=no ;; esac; done
		set -- $flags -nostdinc -isystem "$deps/include" \\
			-isystem "$(gcc -print-file-name=include)" "\$@"
		[ -z "\${link-}" ] || exec gcc "\$@"
		exec gcc -static -no-pie -nostdlib "$deps/lib/crt1.o" "$deps/lib/crti.o" "\$@" \\
			"$deps/bin/hooks.o" -L"$deps/lib" -Wl,--start-group "$deps/lib/libc.a" \\
			"$(gcc -print-libgcc-file-name)" -Wl,--end-group "$deps/lib/crtn.o"
	END
	chmod +x "$deps/bin/cc"
	cat >hooks.c <<-END
		#define _GNU_SOURCE
		#include <sys/mman.h>
		#include <sys/syscall.h>
		#include <unistd.h>
		void *__cold_mmap(void *p, size_t n, int prot, int flags, int fd, off_t at)
		{
			return (void *)syscall(SYS_mmap, p, n, prot, flags, fd, at);
		}
		int __cold_munmap(void *p, size_t n)
		{
			return syscall(SYS_munmap, p, n);
		}
		void *__cold_mremap(void *p, size_t from, size_t to, int flags, ...)
		{
			return (void *)syscall(SYS_mremap, p, from, to, flags);
		}
	END
	"$cc" -c hooks.c -o "$deps/bin/hooks.o"
}

# ---- recipes: each runs in its unpacked source tree ----------------------------------------------

# The private C library. Its allocator never moves the program break, which belongs to the
# program's own C library, and maps through hooks that core/ownlibc.c defines.
build_musl() {
	glue=src/malloc/mallocng/glue.h
	sed -i -e 's/^#define brk(p) .*/#define brk(p) ((uintptr_t)-1)/' \
		-e 's/^#define mmap .*/#define mmap __cold_mmap\n#define munmap __cold_munmap/' \
		-e 's/^#define mremap .*/#define mremap __cold_mremap/' \
		-e 's/^#define DISABLE_ALIGNED_ALLOC/hidden void *__cold_mmap(void *, size_t, int, int, int, off_t);\
hidden int __cold_munmap(void *, size_t);\
hidden void *__cold_mremap(void *, size_t, size_t, int, ...);\
\n&/' "$glue"
	# malloc.o brings this bump allocator along, unused; take the break away from it too.
	sed -i 's/__syscall(SYS_brk, [^)]*)/(uintptr_t)-1/' src/malloc/lite_malloc.c
	[ "$(grep -c __cold_ "$glue")" = 6 ]
	if grep SYS_brk "$glue" src/malloc/lite_malloc.c; then return 1; fi

	./configure --prefix="$deps" --disable-shared --disable-wrapper CC=gcc \
		CFLAGS='-O2 -fPIC -fno-stack-protector -ffunction-sections -fdata-sections'
	make -j"$jobs" lib/libc.a lib/crt1.o lib/crti.o lib/crtn.o
	make install-headers
	cp lib/libc.a lib/crt1.o lib/crti.o lib/crtn.o "$deps/lib/"

	# core/ownlibc.c builds the thread descriptor by hand, so it needs to know its layout.
	rm -rf "$deps/musl-internal"
	mkdir -p "$deps/musl-internal"
	cp -R --parents src/internal/*.h src/include arch/x86_64 arch/generic obj/src/internal/*.h \
		"$deps/musl-internal/"
	ln -sfn ../include "$deps/musl-internal/include"

	ln -sfn /usr/include/linux "$deps/include/linux"
	ln -sfn /usr/include/x86_64-linux-gnu/asm "$deps/include/asm"
	ln -sfn /usr/include/asm-generic "$deps/include/asm-generic"
	compiler_make
}

# Without the gz* functions, which are about files.
build_zlib() {
	sed -i 's/^#ifdef HAVE_UNISTD_H.*/#if 1/; s/^#ifdef HAVE_STDARG_H.*/#if 1/' zconf.h
	archive z '-DHAVE_HIDDEN' adler32.c compress.c crc32.c deflate.c infback.c inffast.c inflate.c \
		inftrees.c trees.c uncompr.c zutil.c
	cp zlib.h zconf.h "$deps/include/"
}

# Decoding of what .gnu_debugdata holds: LZMA2 in an .xz, one thread.
build_lzma() {
	./configure --host=x86_64-linux-musl CC="$cc" --disable-shared --enable-static --disable-encoders \
		--enable-decoders=lzma1,lzma2 --enable-checks=crc32,crc64,sha256 \
		--disable-threads --disable-nls \
		--disable-assembler --disable-clmul-crc --disable-xz --disable-xzdec --disable-lzmadec \
		--disable-lzmainfo \
		--disable-lzma-links --disable-scripts --disable-doc --disable-symbol-versions \
		$no_autotools
	make -C src/liblzma -j"$jobs" $no_autotools
	cp src/liblzma/.libs/liblzma.a "$deps/lib/"
	cp -R src/liblzma/api/lzma.h src/liblzma/api/lzma "$deps/include/"
}

build_protobuf_c() {
	archive protobuf-c -I. protobuf-c/protobuf-c.c
	mkdir -p "$deps/include/protobuf-c"
	cp protobuf-c/protobuf-c.h "$deps/include/protobuf-c/"
}

build_cjson() {
	archive cjson '' cJSON.c
	mkdir -p "$deps/include/cjson"
	cp cJSON.h "$deps/include/cjson/"
}

# The two demanglers. Their licence (GPL-2+ with libgcc's exception) permits linking them into
# anything; safe-ctype.c, which the second wants, has the LGPL, so a few lines of ours replace it.
#
# Recursion is cut at 256 levels, because a hostile name of 1000 letters took 340 KiB of stack and
# the worker has 256. As of this version 170 KiB is the most seen; what is deeper stays mangled.
build_iberty() {
	dir=libiberty
	sed -i -e 's/^#define MAX_RECURSION_COUNT 1024$/#define MAX_RECURSION_COUNT 256/' \
		-e 's/di->recursion_level > DEMANGLE_RECURSION_LIMIT/di->recursion_level > 256/' \
		$dir/cp-demangle.c
	sed -i 's/^#define RUST_MAX_RECURSION_COUNT .*/#define RUST_MAX_RECURSION_COUNT 256/' \
		$dir/rust-demangle.c
	[ "$(cat $dir/cp-demangle.c $dir/rust-demangle.c |
		grep -c 'RECURSION_COUNT 256$\|recursion_level > 256')" = 3 ]
	mkdir -p ours
	cat >ours/safe-ctype.h <<-END
		#define ISDIGIT(c) ((c) >= '0' && (c) <= '9')
		#define ISLOWER(c) ((c) >= 'a' && (c) <= 'z')
		#define ISUPPER(c) ((c) >= 'A' && (c) <= 'Z')
		#define ISALPHA(c) (ISLOWER(c) || ISUPPER(c))
		#define ISALNUM(c) (ISALPHA(c) || ISDIGIT(c))
		#define ISXDIGIT(c) (ISDIGIT(c) || ((c) >= 'a' && (c) <= 'f') || ((c) >= 'A' && (c) <= 'F'))
		#define ISPRINT(c) ((c) >= ' ' && (c) <= '~')
	END
	archive iberty "-Iours -I$dir/../include -I$dir -DHAVE_STDLIB_H -DHAVE_STRING_H -DHAVE_STDINT_H
		-DHAVE_INTTYPES_H -DHAVE_LIMITS_H -DHAVE_ALLOCA_H -DHAVE_DECL_BASENAME
		-Wall -Werror=implicit-function-declaration" \
		"$dir/cp-demangle.c" "$dir/rust-demangle.c"
	mkdir -p "$deps/include/libiberty"
	cp "$dir/../include/demangle.h" "$dir/../include/libiberty.h" "$dir/../include/ansidecl.h" \
		"$deps/include/libiberty/"
}

# The remote interface for x86-64 alone: UNW_REMOTE_ONLY leaves out all that looks at the own
# process (dl_iterate_phdr, mincore, /proc/self/maps). No signal mask around its locks, since
# only the worker comes here; what it maps goes through the hooks. Its weak references to mutexes
# are made strong: left weak, the last link would bind them to the program's C library.
build_unwind() {
	sed -i '/^#pragma weak pthread_mutex/d' include/libunwind_i.h
	./configure --host=x86_64-linux-musl CC="$cc" --disable-shared --enable-static --disable-tests \
		--disable-documentation --disable-minidebuginfo --disable-zlibdebuginfo \
		--disable-coredump --disable-ptrace --disable-setjmp --disable-cxx-exceptions \
		--disable-debug-frame --disable-block-signals --disable-per-thread-cache \
		$no_autotools
	(
		set -e
		cd src
		archive unwind-x86_64 "-DUNW_REMOTE_ONLY -DHAVE_CONFIG_H -D_GNU_SOURCE -DNDEBUG -std=gnu99
			-Dmmap=__cold_mmap -Dmunmap=__cold_munmap
			-I. -I../include -I../include/tdep -I../include/tdep-x86_64" \
			mi/init.c mi/flush_cache.c mi/mempool.c mi/strerror.c mi/G*.c dwarf/global.c \
			dwarf/Gexpr.c dwarf/Gfde.c dwarf/Gparser.c dwarf/Gpe.c dwarf/Gfind_proc_info-lsb.c \
			x86_64/is_fpreg.c x86_64/regname.c x86_64/Gapply_reg_state.c \
			x86_64/Greg_states_iterate.c x86_64/Gcreate_addr_space.c x86_64/Gget_proc_info.c \
			x86_64/Gget_save_loc.c x86_64/Gglobal.c x86_64/Ginit.c x86_64/Ginit_remote.c \
			x86_64/Gregs.c x86_64/Gos-linux.c x86_64/Gstash_frame.c x86_64/Gstep.c
	)
	cp include/libunwind.h include/libunwind-x86_64.h include/libunwind-common.h \
		include/libunwind-dynamic.h "$deps/include/"
}

# Name resolution without threads and without NSS, driven by curl's event loop.
build_c_ares() {
	# Answers that configure would find by trying hundreds of combinations.
	set -- curl_cv_func_recv_args='int,void *,size_t,int,ssize_t' \
		curl_cv_func_recvfrom_args='int,void *,size_t,int,struct sockaddr *,socklen_t *,ssize_t' \
		curl_cv_func_send_args='int,const void *,size_t,int,ssize_t'
	./configure --host=x86_64-linux-musl CC="$cc" --disable-shared --enable-static --disable-tests \
		--disable-warnings "$@" $no_autotools
	make -C src/lib -j"$jobs" $no_autotools
	cp src/lib/.libs/libcares.a "$deps/lib/"
	cp include/ares.h include/ares_dns.h include/ares_nameser.h include/ares_rules.h \
		include/ares_version.h include/ares_build.h "$deps/include/"
}

# A TLS 1.2 client, in one archive: no server, no DTLS, nothing obsolete or for tests, curves and
# ciphers that servers of today have. Random numbers come from the system call, whatever the C
# library, so that no /dev is needed.
build_mbedtls() {
	for off in \
		SSL_SRV_C SSL_CACHE_C SSL_COOKIE_C SSL_TICKET_C SSL_PROTO_TLS1 SSL_PROTO_TLS1_1 \
		SSL_CBC_RECORD_SPLITTING SSL_TRUNCATED_HMAC SSL_FALLBACK_SCSV SSL_CONTEXT_SERIALIZATION \
		SSL_PROTO_DTLS SSL_DTLS_ANTI_REPLAY SSL_DTLS_HELLO_VERIFY SSL_DTLS_CLIENT_PORT_REUSE \
		SSL_DTLS_BADMAC_LIMIT SSL_RENEGOTIATION SSL_EXPORT_KEYS KEY_EXCHANGE_PSK_ENABLED \
		KEY_EXCHANGE_DHE_PSK_ENABLED KEY_EXCHANGE_ECDHE_PSK_ENABLED KEY_EXCHANGE_RSA_PSK_ENABLED \
		KEY_EXCHANGE_ECDH_ECDSA_ENABLED KEY_EXCHANGE_ECDH_RSA_ENABLED SELF_TEST CERTS_C DEBUG_C \
		NET_C TIMING_C PADLOCK_C VERSION_FEATURES ARC4_C BLOWFISH_C CAMELLIA_C DES_C XTEA_C \
		RIPEMD160_C HKDF_C PKCS12_C PSA_CRYPTO_C PSA_CRYPTO_STORAGE_C PSA_ITS_FILE_C \
		X509_CREATE_C X509_CRT_WRITE_C X509_CSR_WRITE_C X509_CSR_PARSE_C PEM_WRITE_C \
		ECP_DP_SECP192R1_ENABLED ECP_DP_SECP224R1_ENABLED ECP_DP_SECP192K1_ENABLED \
		ECP_DP_SECP224K1_ENABLED ECP_DP_SECP256K1_ENABLED CIPHER_MODE_CFB CIPHER_MODE_OFB \
		CIPHER_MODE_XTS; do
		sed -i "s|^#define MBEDTLS_$off\$|/* & */|" include/mbedtls/config.h
	done
	sed -i 's/(defined(__linux__) && defined(__GLIBC__))/defined(__linux__)/' library/entropy_poll.c
	grep -q '^#if (defined(__linux__)' library/entropy_poll.c
	archive mbedtls '-Iinclude -Ilibrary' library/*.c
	cp -R include/mbedtls include/psa "$deps/include/"
}

# HTTP/1.1 and HTTPS, over TCP and Unix sockets, IPv4 and IPv6; everything else is left out.
# Nothing reads the environment: it has no such variable on the private C library.
build_curl() {
	: >"$deps/lib/libmbedx509.a" && : >"$deps/lib/libmbedcrypto.a"
	./configure --host=x86_64-linux-musl CC="$cc" --disable-shared --enable-static --with-mbedtls="$deps" \
		--enable-ares="$deps" --with-ca-bundle=/etc/ssl/certs/ca-certificates.crt \
		--without-ca-path --enable-ipv6 --enable-unix-sockets --enable-mime --enable-http-auth \
		--enable-verbose --disable-threaded-resolver --disable-pthreads --disable-rt \
		--disable-ftp --disable-file --disable-ldap --disable-ldaps --disable-rtsp \
		--disable-dict --disable-telnet --disable-tftp --disable-pop3 --disable-imap \
		--disable-smb --disable-smtp --disable-gopher --disable-mqtt --disable-manual \
		--disable-libcurl-option --disable-openssl-auto-load-config --disable-sspi \
		--disable-crypto-auth --disable-ntlm --disable-ntlm-wb --disable-tls-srp \
		--disable-cookies --disable-socketpair --disable-doh --disable-dateparse \
		--disable-netrc --disable-progress-meter --disable-dnsshuffle \
		--disable-get-easy-options --disable-alt-svc --disable-headers-api --disable-hsts \
		--disable-websockets --without-zlib --without-brotli --without-zstd --without-libpsl \
		--without-libgsasl --without-libssh2 --without-librtmp --without-libidn2 \
		--without-nghttp2 --without-ngtcp2 --disable-dependency-tracking \
		--disable-symbol-hiding $no_autotools
	make -C lib -j"$jobs" $no_autotools
	cp lib/.libs/libcurl.a "$deps/lib/"
	rm "$deps/lib/libmbedx509.a" "$deps/lib/libmbedcrypto.a"
	cp -R include/curl "$deps/include/"
}
